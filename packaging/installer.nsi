; The installer for Windows: per user, no administrator rights. Built by packaging/installer.py with
;   VERSION (1.2.3), NUMBERS (1.2.3.0), SOURCE (folder of the built program), OUT (file), ICON (.ico)
;   SIGN (optional: a command that signs the file that follows it), CHECK (optional: what the new
;   program is asked before the old one goes, as arguments; `selftest` unless something is named)
;
; Switches: /S silent, /D=C:\Path folder (last), /AUTOSTART start with Windows, /NOSTART do not.
; Exit status: 0 done, 1 ended by the person, 3 Crossfoot is open, 4 the self-test failed and what
; was there before is back, 5 the folder holds something else.
; The uninstaller keeps the data; /S /DATA removes it too.

Unicode true
!ifndef CHECK
  !define CHECK "selftest"
!endif
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"

!define NAME "Crossfoot"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define PROGRAM "Crossfoot.exe"
!define CONSOLE "crossfoot-cli.exe"

Name "${NAME}"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "Software\${NAME}" "InstallDir"
SetCompressor /SOLID lzma
ShowInstDetails nevershow
ShowUninstDetails nevershow
BrandingText "${NAME} ${VERSION}"

VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "FileDescription" "${NAME} setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "CompanyName" "${NAME}"
VIAddVersionKey "LegalCopyright" "MIT licence"

!ifdef SIGN
  !finalize '${SIGN} "%1"'
  !uninstfinalize '${SIGN} "%1"'
!endif

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\${PROGRAM}"
!define MUI_FINISHPAGE_RUN_TEXT "Start ${NAME}"
!insertmacro MUI_PAGE_LICENSE "${SOURCE}\LICENSE"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Var HadBefore

; Ends with a status that scripts can read, and says why to a person.
!macro StopWith STATUS TEXT
  DetailPrint "${TEXT}"
  MessageBox MB_OK|MB_ICONSTOP "${TEXT}" /SD IDOK
  SetErrorLevel ${STATUS}
  Quit
!macroend

Section "${NAME}" SectionProgram
  SectionIn RO
  ; Nothing is put into, and nothing is ever removed from, a folder that is not ours.
  StrCpy $HadBefore 0
  ${If} ${FileExists} "$INSTDIR\${CONSOLE}"
    StrCpy $HadBefore 1
  ${ElseIf} ${FileExists} "$INSTDIR\*.*"
    ${DirState} "$INSTDIR" $0
    ${If} $0 == 1
      !insertmacro StopWith 5 "$INSTDIR holds other files. Choose an empty folder; nothing was changed."
    ${EndIf}
  ${EndIf}

  ; What an installation that was cut off has left aside is the better one.
  ${If} ${FileExists} "$INSTDIR.before\${CONSOLE}"
    ${If} $HadBefore == 1
      RMDir /r "$INSTDIR"
    ${EndIf}
    ClearErrors
    Rename "$INSTDIR.before" "$INSTDIR"
    StrCpy $HadBefore 1
  ${EndIf}

  ; The folder cannot be renamed while a program in it runs, which is the check for that, too.
  SetOutPath "$TEMP"
  ${If} $HadBefore == 1
    ClearErrors
    Rename "$INSTDIR" "$INSTDIR.before"
    ${If} ${Errors}
      !insertmacro StopWith 3 "${NAME} is open. Close it, also in the tray, and start this again; nothing was changed."
    ${EndIf}
  ${EndIf}

  SetOutPath "$INSTDIR"
  ClearErrors
  File /r "${SOURCE}\*"
  ${If} ${Errors}
    Call PutBack
    !insertmacro StopWith 4 "Not all files could be written. What was there before is back."
  ${EndIf}

  DetailPrint "Checking the program ..."
  nsExec::ExecToStack /TIMEOUT=600000 '"$INSTDIR\${CONSOLE}" ${CHECK}'
  Pop $0
  Pop $1
  ${If} $0 != 0
    FileOpen $2 "$TEMP\crossfoot-selftest.txt" w
    FileWrite $2 "$1"
    FileClose $2
    Call PutBack
    !insertmacro StopWith 4 "The new program did not pass its own check ($TEMP\crossfoot-selftest.txt). What was there before is back."
  ${EndIf}
  SetOutPath "$INSTDIR"
  RMDir /r "$INSTDIR.before"

  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "Software\${NAME}" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" "$0"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${PROGRAM}"
SectionEnd

Section /o "Start with Windows" SectionStart
  WriteRegStr HKCU "${RUN_KEY}" "${NAME}" '"$INSTDIR\${PROGRAM}"'
  ; The program takes this over into its setting `start_with_windows`, which counts from then on.
  WriteRegStr HKCU "Software\${NAME}" "StartWithWindows" "1"
SectionEnd

Section "-not with Windows" SectionNoStart
  ; An upgrade that was told nothing leaves the choice of the last time as it is.
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/NOSTART" $1
  ${IfNot} ${Errors}
    DeleteRegValue HKCU "${RUN_KEY}" "${NAME}"
    WriteRegStr HKCU "Software\${NAME}" "StartWithWindows" "0"
  ${EndIf}
SectionEnd

Function .onInit
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/AUTOSTART" $1
  ${IfNot} ${Errors}
    SectionSetFlags ${SectionStart} 1
  ${EndIf}
FunctionEnd

Function PutBack
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR"
  ${If} $HadBefore == 1
    Rename "$INSTDIR.before" "$INSTDIR"
  ${EndIf}
FunctionEnd

LangString ABOUT_PROGRAM ${LANG_ENGLISH} "The program, its command line and the start menu entry."
LangString ABOUT_START ${LANG_ENGLISH} "Opens ${NAME} when you sign in."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${SectionProgram} $(ABOUT_PROGRAM)
  !insertmacro MUI_DESCRIPTION_TEXT ${SectionStart} $(ABOUT_START)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; Every workspace has a value of its own among what Windows starts: `Crossfoot`, `Crossfoot 1a2b3c4d`.
Function un.ForgetStarts
  StrLen $2 "${NAME} "
  StrCpy $0 0
  next:
    ClearErrors
    EnumRegValue $1 HKCU "${RUN_KEY}" $0
    IfErrors done
    StrCmp $1 "" done
    StrCpy $3 "$1 " $2
    StrCmp $3 "${NAME} " 0 other
    DeleteRegValue HKCU "${RUN_KEY}" $1
    Goto next
  other:
    IntOp $0 $0 + 1
    Goto next
  done:
FunctionEnd

Section "Uninstall"
  ${IfNot} ${FileExists} "$INSTDIR\${CONSOLE}"
    !insertmacro StopWith 5 "$INSTDIR does not hold ${NAME}; nothing was removed."
  ${EndIf}
  SetOutPath "$TEMP"
  ; A program that runs cannot be removed: ask before anything is half gone.
  ClearErrors
  Rename "$INSTDIR\${PROGRAM}" "$INSTDIR\${PROGRAM}.leaving"
  ${IfNot} ${Errors}
    Rename "$INSTDIR\${CONSOLE}" "$INSTDIR\${CONSOLE}.leaving"
  ${EndIf}
  ClearErrors
  Delete "$INSTDIR\${PROGRAM}.leaving"
  ${If} ${Errors}
    Rename "$INSTDIR\${PROGRAM}.leaving" "$INSTDIR\${PROGRAM}"
    Rename "$INSTDIR\${CONSOLE}.leaving" "$INSTDIR\${CONSOLE}"
    !insertmacro StopWith 3 "${NAME} is open. Close it, also in the tray, and start this again; nothing was removed."
  ${EndIf}
  RMDir /r "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  Call un.ForgetStarts
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "Software\${NAME}"

  ; The books stay unless somebody asks for their removal.
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/DATA" $1
  ${IfNot} ${Errors}
    RMDir /r "$LOCALAPPDATA\${NAME}"
  ${Else}
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Remove the data too: settings, ledger, audit log, backups? They cannot be had back." /SD IDNO IDNO keep
      RMDir /r "$LOCALAPPDATA\${NAME}"
    keep:
  ${EndIf}
SectionEnd
